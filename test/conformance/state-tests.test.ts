import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { test } from 'node:test'
import { runStateTest, STATE_TEST_ARCHIVES, stateTestCases } from './state-tests.ts'
import { skipWithout } from './vectors.ts'

/** Every so manyth case: about 600 of 34,648. A prime, so that no fork or parameter of a test is always left out. */
const STRIDE = 59
/** Loops of up to a minute: `run-state-tests.ts` runs them. */
const TOO_SLOW = 'vmPerformance'

for (const archive of STATE_TEST_ARCHIVES) {
  test(`a sample of the state tests of ${basename(archive)}`, { skip: skipWithout(archive) }, () => {
    const failures: string[] = []
    let index = 0
    let ran = 0
    for (const testCase of stateTestCases(archive)) {
      if (index++ % STRIDE !== 0 || testCase.name.includes(TOO_SLOW)) continue
      ran++
      const failure = runStateTest(testCase)
      if (failure !== undefined) failures.push(`${testCase.name}: ${failure}`)
    }
    assert.ok(ran > 100, `only ${ran} cases ran`)
    assert.deepEqual(failures, [])
  })
}

test('a state test with another root, other logs or another verdict fails', {
  skip: skipWithout(STATE_TEST_ARCHIVES[0]!),
}, () => {
  const [good] = stateTestCases(STATE_TEST_ARCHIVES[0]!, 'test_tload_after_tstore')
  assert.ok(good)
  assert.equal(runStateTest(good), undefined)
  const hash = `0x${'11'.repeat(32)}` as const
  assert.match(runStateTest({ ...good, expected: { ...good.expected, hash } }) ?? '', /state root/)
  assert.match(runStateTest({ ...good, expected: { ...good.expected, logs: hash } }) ?? '', /wrong logs/)
  assert.match(runStateTest({ ...good, expected: { ...good.expected, expectException: 'any' } }) ?? '', /accepted/)
})
