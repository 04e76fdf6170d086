/** What a node tells the process that started it, over Node's IPC channel. Without a channel nothing is sent. */
export type ChildMessage = {
  readonly kind: 'ready'
  readonly rpcUrl: string | undefined
  readonly peerId: string
  readonly headNumber: number
}

export function isChildMessage(value: unknown): value is ChildMessage {
  return typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'ready'
}
