// The Portkey gateway as it is run in production, in a process that tells its CPU: no user interface, and the bench's
// upstream trusted by its own setting for that. Its calls to upstreams are `fetch` of the platform, which keeps
// connections open and as many as there are requests; it has no setting for that which could be better.
import { once } from "node:events";
import { Server, type AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PORTKEY } from "./portkey-installed.ts";
import { answerUsage } from "./usage.ts";

const { folder } = JSON.parse(process.argv[2]!) as { readonly folder: string };
process.env["NODE_ENV"] = "production";
process.env["TRUSTED_CUSTOM_HOSTS"] = "127.0.0.1";
process.argv.splice(2, Infinity, "--headless", "--port=0");

// It has no setting for the address, and would listen on every one that the machine has.
const listen = Server.prototype.listen;
const listening = new Promise<number>((resolve) => {
  Server.prototype.listen = function (this: Server): Server {
    void once(this, "listening").then(() => resolve((this.address() as AddressInfo).port));
    return listen.apply(this, [{ port: 0, host: "127.0.0.1" }]);
  };
});

await import(pathToFileURL(join(folder, "node_modules", PORTKEY, "build/start-server.js")).href);
process.send?.({ port: await listening });
answerUsage();
