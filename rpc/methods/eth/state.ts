import { z } from 'zod'
import { bytesToHex, quantityToHex, wordToHash } from '../../../primitives/hex.ts'
import { proveAccount } from '../../../storage/trie/proof.ts'
import { readState, requireHeader } from '../../block-lookup.ts'
import type { MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import { address, blockOrLatest, namedStorageKey, storageKey } from '../../parameters.ts'

/** Slots in one eth_getProof; each is a walk down the trie. */
const MAX_PROOF_SLOTS = 1_024

/** eth/state of execution-apis: accounts, code, storage and proofs after a block. */
export function stateMethods(modules: Pick<RpcModules, 'blocks' | 'chain' | 'state' | 'pool'>): MethodTable {
  return {
    eth_getBalance: method({ address, block: blockOrLatest }, (p) =>
      readState(p.block, modules, (view) => quantityToHex(view.account(p.address)?.balance ?? 0n)),
    ),
    eth_getTransactionCount: method({ address, block: blockOrLatest }, (p) => {
      if ('tag' in p.block && p.block.tag === 'pending') return quantityToHex(modules.pool.nextNonce(p.address))
      return readState(p.block, modules, (view) => quantityToHex(view.account(p.address)?.nonce ?? 0n))
    }),
    eth_getCode: method({ address, block: blockOrLatest }, (p) =>
      readState(p.block, modules, (view) => {
        const account = view.account(p.address)
        return account === undefined ? '0x' : bytesToHex(view.code(account.codeHash))
      }),
    ),
    eth_getStorageAt: method({ address, slot: storageKey, block: blockOrLatest }, (p) =>
      readState(p.block, modules, (view) => wordToHash(view.slot(p.address, p.slot))),
    ),
    eth_getProof: method(
      { address, slots: z.array(namedStorageKey).max(MAX_PROOF_SLOTS), block: blockOrLatest },
      (p) => {
        const { header } = requireHeader(p.block, modules)
        const slots = p.slots.map(({ slot }) => slot)
        const { account, accountProof, storageProof } = proveAccount(
          header.stateRoot,
          p.address,
          slots,
          modules.state.nodes,
        )
        return {
          address: p.address,
          balance: quantityToHex(account.balance),
          nonce: quantityToHex(account.nonce),
          codeHash: account.codeHash,
          storageHash: account.storageRoot,
          accountProof: accountProof.map(bytesToHex),
          storageProof: storageProof.map(({ value, proof }, index) => ({
            key: formatKey(p.slots[index]),
            value: quantityToHex(value),
            proof: proof.map(bytesToHex),
          })),
        }
      },
    ),
  }
}

function formatKey(key: { readonly slot: bigint; readonly isFullLength: boolean } | undefined): string {
  const slot = key?.slot ?? 0n
  return key?.isFullLength === true ? wordToHash(slot) : quantityToHex(slot)
}
