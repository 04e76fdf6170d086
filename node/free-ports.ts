import { once } from 'node:events'
import { createServer } from 'node:net'
import { CommandError } from './command-error.ts'

/** @throws CommandError naming the first of these ports of this machine that another program listens on */
export async function requireFreePorts(ports: readonly number[]): Promise<void> {
  for (const port of ports) {
    const server = createServer()
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
    } catch (error) {
      if (!isInUse(error)) throw error
      throw new CommandError('port-in-use', `port ${port} is in use: another testnet may be running`, { port })
    }
    server.close()
    await once(server, 'close')
  }
}

function isInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
}
