import { GAS_LOG_PER_BYTE } from '../../config/gas.ts'
import type { FunctionBody, ModuleBuilder, ValueType } from '../../primitives/wasm/encoder.ts'
import { CONTROL, FRAME, LOG, LOG_HEADER_BYTES, REGION, TOPIC_BYTES } from '../state/linear-memory.ts'
import { LOGS_LIMIT, MAX_TOPICS } from '../state/log-records.ts'
import { OPERATION } from '../state/operation-format.ts'
import { copyWord, type SlotFunctions, type SlotHost } from '../state/slot-functions.ts'
import { expand, MAX_FRAME_MEMORY, memoryAddress, outOfGas } from './frame-memory.ts'

export interface LogFunctions {
  /** frame, gas, offset, length, topics (in `CONTROL.topics`) -> gas, below 0 if there was too little. LOG0 to LOG4. */
  readonly log: number
}

const PARAMETERS: readonly ValueType[] = ['i32', 'i64', 'i64', 'i64', 'i32']

export const LOG_SIGNATURES = { log: { parameters: PARAMETERS, results: ['i64'] } } as const

export function defineLogFunctions(
  module: ModuleBuilder,
  modules: { readonly host: SlotHost; readonly slots: SlotFunctions; readonly expandMemory: number },
): LogFunctions {
  const append = module.function(
    ['i32', 'i32', 'i32', 'i32'],
    [],
    (body) => appendLog(body, modules.host, modules.slots),
    'appendLog',
  )
  return { log: module.function(PARAMETERS, ['i64'], (body) => log(body, append, modules.expandMemory), 'log') }
}

function log(body: FunctionBody, append: number, expandMemory: number): void {
  const [frame, gas, offset, length, topics] = [0, 1, 2, 3, 4]
  body.get(length).i64(MAX_FRAME_MEMORY).emit('i64.gt_u')
  body.if(() => outOfGas(body))
  body.get(gas).get(length).i64(GAS_LOG_PER_BYTE).emit('i64.mul').emit('i64.sub').tee(gas).i64(0).emit('i64.lt_s')
  body.if(() => outOfGas(body))
  body.get(length).emit('i64.eqz').emit('i32.eqz')
  body.if(() => expand(body, offset, length, expandMemory))
  body.get(frame).memory('i32.load', FRAME.account).get(topics)
  memoryAddress(body, offset).get(length).emit('i32.wrap_i64').call(append)
  body.get(gas)
}

/** account number, topics, address and bytes of the data */
function appendLog(body: FunctionBody, { logsFull, longLog }: SlotHost, slots: SlotFunctions): void {
  const [account, topics, data, length] = [0, 1, 2, 3]
  const [at, size, from] = [body.local('i32'), body.local('i32'), body.local('i32')]
  body.get(topics).i32(TOPIC_BYTES).emit('i32.mul').i32(LOG_HEADER_BYTES).emit('i32.add')
  body.get(length).emit('i32.add').tee(size)
  body.i32(LOGS_LIMIT - REGION.logs).emit('i32.gt_u')
  body.if(
    () => body.get(account).get(topics).get(data).get(length).call(longLog),
    () => {
      body.i32(0).memory('i32.load', CONTROL.logsEnd).get(size).emit('i32.add').i32(LOGS_LIMIT).emit('i32.gt_u')
      body.if(() => body.call(logsFull))
      body.i32(0).memory('i32.load', CONTROL.logsEnd).tee(at).get(account).memory('i32.store', LOG.account)
      body.get(at).get(topics).memory('i32.store', LOG.topics)
      body.get(at).get(length).memory('i32.store', LOG.length)
      body.i32(CONTROL.topics).set(from)
      // Those that there are not, the data overwrites, or the next log.
      for (let topic = 0; topic < MAX_TOPICS; topic++) {
        const offset = TOPIC_BYTES * topic
        copyWord(body, { to: at, toOffset: LOG_HEADER_BYTES + offset, from, fromOffset: offset })
      }
      body.get(at).get(size).emit('i32.add').set(at)
      // The offset of no data is anywhere, and its address may be outside of linear memory.
      body.get(length)
      body.if(() => body.get(at).get(length).emit('i32.sub').get(data).get(length).memoryCopy())
      body.i32(0).get(at).memory('i32.store', CONTROL.logsEnd)
    },
  )
  body.i32(0).memory('i32.load', CONTROL.isRecording)
  body.if(() => body.i32(OPERATION.logged).get(account).call(slots.logAccount))
}
