import { isIP } from 'node:net'

/**
 * Names that no stranger's DNS can point at this machine: a page on `evil.example` whose name is rebound to 127.0.0.1
 * would otherwise reach the node as its own origin. Single labels are names of this machine or its private network
 * (containers call each other so); `.localhost` and `.internal` are reserved for that.
 */
const PRIVATE_NAME = /^(?:[^.]+|.+\.localhost|.+\.internal)$/

/** Whether a request with this Host header is answered: addresses, private names, and the names allowed. */
export function isAllowedHost(hostHeader: string | undefined, allowedHosts: readonly string[]): boolean {
  if (allowedHosts.includes('*')) return true
  // HTTP/1.0 needs no Host; browsers always send one.
  if (hostHeader === undefined) return true
  const name = hostName(hostHeader)
  if (name === undefined) return false
  return isIP(name) !== 0 || PRIVATE_NAME.test(name) || allowedHosts.some((host) => host.toLowerCase() === name)
}

/** Whether a WebSocket from a page of this origin is accepted; other programs send none. */
export function isAllowedOrigin(origin: string | undefined, corsOrigins: readonly string[]): boolean {
  return origin === undefined || corsOrigins.includes('*') || corsOrigins.includes(origin)
}

/** The host of `host:port`, lower-case, without the brackets of an IPv6 address. */
function hostName(hostHeader: string): string | undefined {
  const match = /^(?:\[(?<v6>[0-9a-f:.]+)\]|(?<name>[^:[\]/\s]+))(?::\d{1,5})?$/.exec(hostHeader.toLowerCase())
  return match?.groups?.v6 ?? match?.groups?.name
}
