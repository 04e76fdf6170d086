import assert from 'node:assert/strict'
import { test } from 'node:test'
import { skipWithout, VECTORS } from '../primitives/fixtures/vectors.ts'
import { rpcTests } from '../test/conformance/rpc-tests.ts'
import { VectorReader } from '../test/conformance/vector-files.ts'

/** The recorded requests of execution-apis, put to a whole node that has imported their chain: see `test/conformance`. */
const GENESIS = 'execution-apis/tests/genesis.json'
/** With the folder that the project is developed with. */
const CASES = 178

test('answers are those recorded in execution-apis', { skip: skipWithout(GENESIS) }, async (t) => {
  let count = 0
  for await (const each of rpcTests.cases(new VectorReader({ directory: VECTORS }).read(GENESIS))) {
    count += 1
    await t.test(each.name, async () => {
      const { problem } = await each.run({ scratch: () => assert.fail('it needs no folder'), trace: false })
      assert.equal(problem, undefined)
    })
  }
  if (process.env.PAVM_VECTORS === undefined) assert.equal(count, CASES)
})
