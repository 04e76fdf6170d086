/** A function that gives what `make` returns: it is called the first time. For what a process may never need. */
export function once<T extends object>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
