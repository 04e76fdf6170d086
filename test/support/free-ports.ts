import { createServer } from 'node:net'

/** Below those that the system gives to outgoing connections, in blocks of a hundred. */
const FIRST_PORT = 20_000
const BLOCK_PORTS = 100
const BLOCKS = 120

/** Where this process looks: test files that run at the same time look in different blocks. */
const block = FIRST_PORT + (process.pid % BLOCKS) * BLOCK_PORTS
let next = 0

/** First of `count` neighbouring ports of this machine that are free, and were not given out here lately. */
export async function freePortRange(count: number): Promise<number> {
  for (let attempt = 0; attempt < BLOCK_PORTS; attempt++) {
    if (next + count > BLOCK_PORTS) next = 0
    const first = block + next
    const ports = Array.from({ length: count }, (_, index) => first + index)
    const areFree = await Promise.all(ports.map(isFree))
    next += areFree.every(Boolean) ? count : areFree.lastIndexOf(false) + 1
    if (areFree.every(Boolean)) return first
  }
  throw new Error(`no ${count} neighbouring free ports found`)
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
