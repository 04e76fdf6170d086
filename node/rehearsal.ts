import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../config/settings.ts'
import { quantityToHex } from '../primitives/hex.ts'
import { type NodeChain, openNodeChain } from './node-chain.ts'
import { buildParts, loadPool, type Parts, type PartsModules, stopParts } from './parts.ts'
import { PlainClient } from './plain-client.ts'

/** Each takes 5 ms at first and 2 in the end. V8 optimises a function after some 400 calls. */
const REHEARSALS = 400
/** Who asks for something meanwhile comes first. */
const REST_MS = 2

const DIRECTORY = 'rehearsal'

/**
 * Sends transactions to a node of its own, of the same settings and with the same genesis, in this thread, and asks it what clients ask, over HTTP. So what
 * the first transactions of this process need is loaded then, and V8 has compiled it. That node listens on a port of this machine that nobody is told of,
 * and nothing of it is left. `isWanted` is asked before each.
 */
export async function rehearse(
  settings: Settings,
  { log, accounts, core }: PartsModules & { readonly core: NodeChain },
  isWanted: () => boolean,
): Promise<void> {
  const [account] = accounts
  if (account === undefined || !settings.rpc.enabled) return
  const dataDir = join(settings.dataDir, DIRECTORY)
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  // Of a process that was killed.
  remove()
  const own: Settings = {
    ...settings,
    dataDir,
    p2p: { ...settings.p2p, enabled: false },
    rpc: { ...settings.rpc, host: '127.0.0.1', port: 0 },
  }
  const silent = log.child({}, { level: 'silent' })
  const { genesis } = core.storage
  const chain = await openNodeChain(own, { log: silent, genesis, compiler: core.execution.compiler })
  let parts: Parts | undefined
  let client: PlainClient | undefined
  try {
    parts = await buildParts(own, { log: silent, accounts }, chain)
    await loadPool(parts, silent)
    const rpc = parts.rpc!
    const { port } = await rpc.start()
    client = await PlainClient.open(port)
    const post: Answering = (request) => client!.post(request)
    // What all of them do is rehearsed enough by the others.
    const answer: Answering = (request) => rpc.answer(request)
    const transfer = { from: account.address, to: account.address, value: quantityToHex(1n) }
    for (let sent = 0; sent < REHEARSALS && isWanted(); sent++) {
      await ask(post, 'eth_call', transfer)
      const { raw } = (await ask(answer, 'eth_signTransaction', transfer)) as { readonly raw: string }
      const hash = await ask(post, 'eth_sendRawTransaction', raw)
      await ask(post, 'eth_getTransactionReceipt', hash)
      await ask(answer, 'eth_getBlockByNumber', 'latest', false)
      await sleep(REST_MS)
    }
  } finally {
    client?.close()
    await (parts === undefined ? chain.close() : stopParts(parts))
    remove()
  }
}

type Answering = (request: string) => Promise<string | undefined>

async function ask(answering: Answering, method: string, ...params: unknown[]): Promise<unknown> {
  const answer = await answering(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }))
  const { result } = JSON.parse(answer!) as { readonly result?: unknown }
  // An error, or a transaction that is in no block.
  if (result === undefined || result === null) throw new Error(`${method}: ${answer}`)
  return result
}
