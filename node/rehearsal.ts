import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import type { Settings } from '../config/settings.ts'
import { HISTORY_STORAGE_ADDRESS } from '../config/system-contracts.ts'
import { quantityToHex, wordToHash } from '../primitives/hex.ts'
import { type NodeChain, openNodeChain } from './node-chain.ts'
import { buildParts, loadPool, type Parts, type PartsModules, stopParts } from './parts.ts'
import { PlainClient } from './plain-client.ts'

/** Each takes 5 ms at first and 2 in the end. V8 optimises a function after some 400 calls. */
const REHEARSALS = 400
/** Who asks for something meanwhile comes first. */
const REST_MS = 2

const REHEARSALS_OF_CONNECTION = 20
/** The transaction, its receipt, and what is looked at then. */
const REQUESTS_OF_TRANSFER = 3
/** What suites do from one test to the next. */
const TRANSFERS_OF_SNAPSHOT = 8
const BALANCE = quantityToHex(10n ** 21n)
/** It is answered with an error, as any server would, and counts for nothing. */
const EMPTY_BATCH = '[]'

/** A contract that every new chain has, and that reads a slot. On an old one there is none, and that is an answer too. */
const FIRST_HASH = { to: HISTORY_STORAGE_ADDRESS, data: wordToHash(0n) }

const DIRECTORY = 'rehearsal'

/**
 * Sends transactions to a node of its own, of the same settings and with the same genesis, in this thread, and asks it what clients ask. So what the first
 * transactions of this process need is loaded then, and V8 has compiled it. Nobody else sees that node, and nothing of it is left. The server of this node,
 * which listens on that port of 127.0.0.1, is asked for nothing as often. `isWanted` is asked before each.
 */
export async function rehearse(
  settings: Settings,
  { log, accounts, core, port }: PartsModules & { readonly core: NodeChain; readonly port?: number | undefined },
  isWanted: () => boolean,
): Promise<void> {
  const [account] = accounts
  if (account === undefined || !settings.rpc.enabled) return
  const dataDir = join(settings.dataDir, DIRECTORY)
  const remove = () => rmSync(dataDir, { recursive: true, force: true })
  // Of a process that was killed.
  remove()
  const own = { ...settings, dataDir, p2p: { ...settings.p2p, enabled: false } }
  const silent = log.child({}, { level: 'silent' })
  const { genesis } = core.storage
  const chain = await openNodeChain(own, { log: silent, genesis, compiler: core.execution.compiler })
  let parts: Parts | undefined
  let client: PlainClient | undefined
  try {
    parts = await buildParts(own, { log: silent, accounts }, chain)
    await loadPool(parts, silent)
    const rpc = parts.rpc!
    const answerTo = async (method: string, ...params: unknown[]): Promise<Answer> => {
      return JSON.parse((await rpc.answer(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })))!) as Answer
    }
    const ask = async (method: string, ...params: unknown[]): Promise<unknown> => {
      const { result, error } = await answerTo(method, ...params)
      if (error !== undefined) throw new Error(`${method}: ${error.message}`)
      return result
    }
    // Nobody is to control a node that other machines can reach, unless its user says so.
    const isControlled = (await answerTo('evm_snapshot')).error === undefined
    const transfer = { from: account.address, to: account.address, value: quantityToHex(1n) }
    for (let sent = 0; sent < REHEARSALS && isWanted(); sent++) {
      if (port !== undefined && sent % REHEARSALS_OF_CONNECTION === 0) {
        client?.close()
        client = await PlainClient.open(port)
      }
      for (let posted = 0; posted < REQUESTS_OF_TRANSFER; posted++) await client?.post(EMPTY_BATCH)
      const isReverted = isControlled && sent % TRANSFERS_OF_SNAPSHOT === 0
      const snapshot = isReverted ? await ask('evm_snapshot') : undefined
      const { raw } = (await ask('eth_signTransaction', transfer)) as { readonly raw: string }
      const hash = await ask('eth_sendRawTransaction', raw)
      await setImmediate()
      if ((await ask('eth_getTransactionReceipt', hash)) === null) throw new Error(`${hash} is in no block`)
      await ask('eth_call', FIRST_HASH)
      await ask('eth_getBlockByNumber', 'latest', false)
      if (isReverted) {
        await ask('hardhat_setBalance', account.address, BALANCE)
        await ask('hardhat_mine', '0x2')
        await ask('evm_mine')
        await ask('evm_revert', snapshot)
      }
      await sleep(REST_MS)
    }
  } finally {
    client?.close()
    await (parts === undefined ? chain.close() : stopParts(parts))
    remove()
  }
}

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly message: string }
}
