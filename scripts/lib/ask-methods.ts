import { eventually } from '../../test/support/json-rpc.ts'

/** What a node was found to know. */
export interface KnownMethods {
  /** Of the program that was asked, as it calls itself. */
  readonly version: string
  readonly served: ReadonlySet<string>
  /** Answered with the reason why it is not served. */
  readonly refused: ReadonlySet<string>
}

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string }
}

/** More than any method takes, and of a kind that none takes: nothing is done, and geth says so before it looks at them. */
const NO_PARAMETERS = Array.from({ length: 20 }, () => ({}))

const METHOD_NOT_FOUND = -32_601
const NOT_SUPPORTED = -32_004
/** How the Hardhat node says that there is no such method. */
const UNKNOWN_TO_HARDHAT = /^Method \S+ is not supported$/
/** Only over a WebSocket. */
const SUBSCRIBING: readonly string[] = ['eth_subscribe', 'eth_unsubscribe']
const ANSWER_LIMIT_MS = 10_000

/** Asks a node which of these methods it has. */
export async function askMethods(url: string, names: readonly string[]): Promise<KnownMethods> {
  const served = new Set<string>()
  const refused = new Set<string>()
  for (const name of names.filter((each) => !SUBSCRIBING.includes(each))) {
    const { error } = await ask(url, name, NO_PARAMETERS)
    if (error?.code === METHOD_NOT_FOUND || UNKNOWN_TO_HARDHAT.test(error?.message ?? '')) continue
    ;(error?.code === NOT_SUPPORTED ? refused : served).add(name)
  }
  if (await canSubscribe(url)) for (const name of SUBSCRIBING) served.add(name)
  const { result } = await ask(url, 'web3_clientVersion', [])
  // The rest says for what machine it was made.
  return { version: String(result).split('/').slice(0, 2).join(' '), served, refused }
}

async function ask(url: string, method: string, params: readonly unknown[]): Promise<Answer> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(ANSWER_LIMIT_MS) })
  return (await response.json()) as Answer
}

/** Whether a subscription is taken, and taken back. */
async function canSubscribe(url: string): Promise<boolean> {
  const socket = new WebSocket(url.replace('http', 'ws'))
  const answers: Answer[] = []
  socket.onmessage = ({ data }) => answers.push(JSON.parse(String(data)) as Answer)
  const send = (method: string, params: readonly unknown[]): Promise<Answer> => {
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
    return eventually(`an answer to ${method}`, ANSWER_LIMIT_MS, async () => answers.shift())
  }
  try {
    await eventually(
      'the WebSocket is open',
      ANSWER_LIMIT_MS,
      async () => socket.readyState === WebSocket.OPEN || undefined,
    )
    const { result } = await send('eth_subscribe', ['newHeads'])
    return typeof result === 'string' && (await send('eth_unsubscribe', [result])).result === true
  } finally {
    socket.close()
  }
}
