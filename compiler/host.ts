// Where the compiler's input comes from. The host is the only door to the outside, so that the compiler also runs in a
// browser and a test needs no disk.

export type Host = {
  /** The text of a file, or null where there is none. Paths are relative to the host's root, with forward slashes. */
  read(path: string): string | null;
};

/** A host over texts by path. */
export function hostOf(files: { readonly [path: string]: string }): Host {
  return { read: (path) => (Object.hasOwn(files, path) ? files[path]! : null) };
}

/** `a/./b/../c` is `a/c`; leading `..` stay, because the root may lie below what is asked for. */
export function normalPath(path: string): string {
  const absolute = path.startsWith("/");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    const above = part === ".." && (parts.length > 0 ? parts.at(-1) !== ".." : absolute);
    if (above) parts.pop();
    else parts.push(part);
  }
  return (absolute ? "/" : "") + parts.join("/");
}

/** What `path`, written in the file `from`, names. */
export function resolvePath(from: string, path: string): string {
  return normalPath(`${folderOf(from)}${path}`);
}

/** How the file `to` is called from the folder of `from`; both as {@link normalPath} leaves them. */
export function pathFrom(from: string, to: string): string {
  const folders = normalPath(folderOf(from)).split("/").filter((part) => part !== "");
  const parts = to.split("/").filter((part) => part !== "");
  let shared = 0;
  while (shared < folders.length && shared < parts.length - 1 && folders[shared] === parts[shared]) shared++;
  return [...folders.slice(shared).map(() => ".."), ...parts.slice(shared)].join("/");
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf("/") + 1);
}
