import { setImmediate } from 'node:timers/promises'
import { PoolError } from '../consensus/txpool/pool-error.ts'
import type { Log } from '../execution/parallel/log.ts'
import { TransactionError } from '../execution/transaction/transaction-error.ts'
import type { Hash } from '../primitives/hex.ts'
import type { NetworkPool } from './modules.ts'
import { NetworkError } from './network-error.ts'
import type { Peer } from './peer-book.ts'
import type { PeerRequests } from './peer-requests.ts'
import type { PeerScores } from './peer-scores.ts'
import { provesInvalid } from './transaction-gossip.ts'

interface Modules {
  readonly txpool: Pick<NetworkPool, 'add'>
  readonly requests: Pick<PeerRequests, 'pooledTransactions'>
  readonly scores: Pick<PeerScores, 'penalise'>
  readonly stop: AbortSignal
  readonly log: Log
}

/** Transactions taken in without a break: 64 of them cost about 5 ms, mostly for recovering senders. */
const TURN = 64

/** Takes over what a peer has in its pool, and returns the hashes of what was new. */
export async function importPooled(peer: Peer, { txpool, requests, scores, stop, log }: Modules): Promise<Hash[]> {
  const added: Hash[] = []
  try {
    const transactions = await requests.pooledTransactions(peer)
    for (const [index, { transaction, sidecar }] of transactions.entries()) {
      if (stop.aborted) break
      if (index % TURN === TURN - 1) await setImmediate()
      try {
        added.push(await txpool.add(transaction, { sidecar, local: false }))
      } catch (error) {
        if (!(error instanceof PoolError || error instanceof TransactionError)) throw error
        if (!provesInvalid(error)) continue
        scores.penalise(peer.id, 'invalid-transaction')
        log.debug({ peer: peer.id, code: error.code }, 'pooled transaction of a peer refused')
      }
    }
  } catch (error) {
    if (!(error instanceof NetworkError)) throw error
    log.debug({ peer: peer.id, code: error.code }, 'no pooled transactions from a peer')
  }
  return added
}
