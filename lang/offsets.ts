/** Is one of the sorted offsets in `[start, end]`? */
export function anyWithin(offsets: readonly number[], { start, end }: { readonly start: number; readonly end: number }): boolean {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (offsets[middle]! < start) low = middle + 1;
    else high = middle;
  }
  return low < offsets.length && offsets[low]! <= end;
}
