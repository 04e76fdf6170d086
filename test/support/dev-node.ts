import { RunningCommand } from './command.ts'
import { freePortRange } from './free-ports.ts'
import { rpc } from './json-rpc.ts'

/** A node as `pavm dev` starts it. */
export interface DevNode {
  readonly url: string
  readonly command: RunningCommand
  /** Asks it. @throws RpcFailure */
  request<T = unknown>(method: string, ...params: unknown[]): Promise<T>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts one on a free port, and waits until it says that it listens. */
export async function startDevNode(...flags: string[]): Promise<DevNode> {
  const port = await freePortRange(1)
  const command = new RunningCommand(['dev', '--port', String(port), ...flags])
  const url = `http://127.0.0.1:${port}`
  try {
    await command.until(/Listening on/)
  } catch (error) {
    await command[Symbol.asyncDispose]()
    throw error
  }
  return {
    url,
    command,
    request: (method, ...params) => rpc(url, method, ...params),
    [Symbol.asyncDispose]: async () => {
      // Killed, it would leave its directory behind.
      command.signal('SIGTERM')
      await command.ended()
    },
  }
}
