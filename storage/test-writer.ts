/**
 * A process of its own that commits random blocks, some of them after a rollback, and prints the number and hash of each
 * head once it is stored. Arguments: directory, seed, `unchecked` to write although the disk is nearly full.
 */
import { StorageError } from './storage-error.ts'
import { childOfHead, openTestStorage, random, randomDiff } from './test-support.ts'

const [directory = '', seed = '0', mode] = process.argv.slice(2)
const next = random(Number(seed))
const isUnchecked = mode === 'unchecked'
const modules = isUnchecked ? { freeBytes: async () => Number.MAX_SAFE_INTEGER } : {}
// Without pruning when the disk is to be full: a prune in the background might meet that first.
const options = isUnchecked ? {} : { keepStates: 8 }

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function sayError(error: unknown): void {
  if (!(error instanceof StorageError)) throw error
  say(`error ${error.code}`)
}

try {
  const storage = await openTestStorage(directory, options, modules)
  const { blocks, committer, states } = storage
  say('open')
  try {
    for (;;) {
      if (blocks.head().number > 2n && next() < 0.15) await committer.rollbackHead()
      const diff = randomDiff(next, (address) => states.headView().account(address) !== undefined)
      await committer.commitBlock(childOfHead(storage, diff, { transactionCount: 3, salt: Math.floor(next() * 1e9) }))
      say(`${blocks.head().number} ${blocks.head().hash}`)
    }
  } catch (error) {
    sayError(error)
    await committer.rollbackHead().catch(sayError)
    await storage.close()
  }
} catch (error) {
  sayError(error)
}
