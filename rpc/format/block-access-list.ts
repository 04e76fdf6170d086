import type { AccountChanges, BlockAccessList, Change } from '../../primitives/block-access-list.ts'
import { bytesToHex, quantityToHex, wordToHash } from '../../primitives/hex.ts'

/** The access list of a block as eth_getBlockAccessList of execution-apis writes it (EIP-7928). */
export function formatBlockAccessList(accessList: BlockAccessList) {
  return accessList.map(formatAccount)
}

function formatAccount(account: AccountChanges) {
  return {
    address: account.address,
    storageChanges: account.storageChanges.map(({ slot, changes }) => ({
      key: wordToHash(slot),
      changes: changes.map((change) => formatChange(change, wordToHash)),
    })),
    storageReads: account.storageReads.map(wordToHash),
    balanceChanges: account.balanceChanges.map((change) => formatChange(change, quantityToHex)),
    nonceChanges: account.nonceChanges.map((change) => formatChange(change, quantityToHex)),
    codeChanges: account.codeChanges.map(({ index, value }) => ({
      index: quantityToHex(index),
      code: bytesToHex(value),
    })),
  }
}

function formatChange<T>({ index, value }: Change<T>, write: (value: T) => string) {
  return { index: quantityToHex(index), value: write(value) }
}
