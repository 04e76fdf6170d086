import { BlockList, isIP } from 'node:net'
import type { RpcOptions } from './options.ts'

/** What lets anybody who asks keep the node busy: not served to others than this machine unless it is asked for. */
const GUARDED: readonly string[] = ['debug', 'trace', 'ots']

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

type Reach = Pick<RpcOptions, 'host' | 'namespaces'>

/** Whether a method of that full name is served. */
export function isServed(method: string, reach: Reach): boolean {
  const namespace = method.slice(0, method.indexOf('_'))
  return !GUARDED.includes(namespace) || isTrusting(namespace, reach)
}

/** Whether only this machine can ask, or others may ask for what is in that namespace. */
export function isTrusting(namespace: string, { host, namespaces }: Reach): boolean {
  return namespaces.includes(namespace) || isLoopback(host)
}

function isLoopback(host: string): boolean {
  if (host === 'localhost') return true
  const version = isIP(host)
  return version !== 0 && LOOPBACK.check(host, version === 4 ? 'ipv4' : 'ipv6')
}
