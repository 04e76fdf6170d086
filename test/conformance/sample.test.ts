import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithout, VECTORS } from '../../primitives/fixtures/vectors.ts'
import { LONG_FILES, runVectors } from './run-vectors.ts'
import { listVectorFiles } from './vector-files.ts'

/**
 * Of how many cases of a file one is run, by path; of all others every one. Primes, so that no hardfork and no parameter is
 * always left out; and each file begins its count elsewhere, so that all files together are spread evenly.
 */
const STRIDES: readonly (readonly [path: RegExp, stride: number])[] = [
  [/^state-tests/, 17],
  [/^blockchain-tests/, 13],
  [/^ethers\/transactions/, 31],
]
/** A sample of the folder that the project is developed with has at least this many cases. */
const LEAST_CASES = 3_000
/** Run whole elsewhere: rpc/execution-apis.test.ts. */
const RUN_ELSEWHERE = /execution-apis\/tests\/genesis\.json$/
const WORKERS = 2
const MAX_TOLD = 20

test('a sample of the vectors of Ethereum', { skip: skipWithout() }, async (t) => {
  const files = listVectorFiles(VECTORS).filter(({ path }) => !LONG_FILES.test(path) && !RUN_ELSEWHERE.test(path))
  const jobs = files.map(({ path }, index) => {
    const stride = STRIDES.find(([pattern]) => pattern.test(path))?.[1] ?? 1
    return { path, options: { name: '', fork: '', stride, offset: index % stride, trace: false } }
  })
  const tally = await runVectors({ directory: VECTORS, jobs, workers: WORKERS })
  const { passed, failed, skipped } = tally.total
  t.diagnostic(`${passed} passed, ${failed} failed, ${skipped} skipped; ${tally.replayed} blocks replayed`)
  const told = tally.failures.map(({ path, fork, name, problem }) => `${fork} ${path} ${name}: ${problem}`)
  assert.deepEqual(told.slice(0, MAX_TOLD), [])
  if (process.env.PAVM_VECTORS === undefined) assert.ok(passed >= LEAST_CASES, `only ${passed} cases ran`)
})
