/** The part of a logger that the threads' owners use: an object for machines, then a message for people. */
export interface Log {
  debug(details: object, message: string): void
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}
