import { z } from 'zod'
import { type Address, bytesToHex, quantityToHex, wordToHash } from '../../../primitives/hex.ts'
import { proveAccount } from '../../../storage/trie/proof.ts'
import { readState, requireHeader } from '../../block-lookup.ts'
import type { MethodTable } from '../../method.ts'
import { method } from '../../method.ts'
import type { RpcModules } from '../../modules.ts'
import { address, blockOrLatest, namedStorageKey, storageKey, storageRequests } from '../../parameters.ts'

/** Slots in one eth_getProof or eth_getStorageValues; each may be a walk down the trie. */
const MAX_SLOTS = 1_024

/** eth/state of execution-apis: accounts, code, storage and proofs after a block. */
export function stateMethods(modules: Pick<RpcModules, 'blocks' | 'chain' | 'state' | 'pool'>): MethodTable {
  const pendingNonce = async (account: Address) => quantityToHex(await modules.pool.nextNonce(account))

  return {
    eth_getBalance: method(
      { summary: 'The balance of an account, in wei.', result: (r) => r.quantity },
      { address, block: blockOrLatest },
      (p) => readState(p.block, modules, (view) => quantityToHex(view.account(p.address)?.balance ?? 0n)),
    ),
    eth_getTransactionCount: method(
      { summary: 'The nonce of an account; `pending` counts its transactions in the pool.', result: (r) => r.quantity },
      { address, block: blockOrLatest },
      (p) =>
        'tag' in p.block && p.block.tag === 'pending'
          ? pendingNonce(p.address)
          : readState(p.block, modules, (view) => quantityToHex(view.account(p.address)?.nonce ?? 0n)),
    ),
    eth_getCode: method(
      { summary: 'The code of an account.', result: (r) => r.bytes },
      { address, block: blockOrLatest },
      (p) =>
        readState(p.block, modules, (view) => {
          const account = view.account(p.address)
          return account === undefined ? '0x' : bytesToHex(view.code(account.codeHash))
        }),
    ),
    eth_getStorageAt: method(
      { summary: 'The value of a slot.', result: (r) => r.word },
      { address, slot: storageKey, block: blockOrLatest },
      (p) => readState(p.block, modules, (view) => wordToHash(view.slot(p.address, p.slot))),
    ),
    eth_getStorageValues: method(
      { summary: 'The values of slots of several accounts.', result: (r) => r.storageValues },
      { requests: storageRequests(MAX_SLOTS), block: blockOrLatest },
      (p) =>
        readState(p.block, modules, (view) =>
          Object.fromEntries(
            [...p.requests].map(([account, slots]) => [
              account,
              slots.map((slot) => wordToHash(view.slot(account, slot))),
            ]),
          ),
        ),
    ),
    eth_getProof: method(
      { summary: 'An account and some of its slots with Merkle proofs (EIP-1186).', result: (r) => r.accountProof },
      { address, slots: z.array(namedStorageKey).max(MAX_SLOTS), block: blockOrLatest },
      (p) => {
        const { header, hash } = requireHeader(p.block, modules)
        const slots = p.slots.map(({ slot }) => slot)
        const { account, accountProof, storageProof } = proveAccount(
          modules.blocks.stateRoot(hash) ?? header.stateRoot,
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
