import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Turns } from './turns.ts'

function turnsThat(catchUp: () => Promise<void>) {
  const errors: unknown[] = []
  const turns = new Turns({ catchUp, log: { error: ({ err }: { err?: unknown }) => errors.push(err) } })
  return { turns, errors }
}

/** Writes down what happens; `catch up` takes some turns of the event loop. */
function recorded() {
  const events: string[] = []
  const note = (event: string) => async (): Promise<void> => {
    events.push(`${event} begins`)
    await sleep(1)
    events.push(event)
  }
  return { events, note, ...turnsThat(note('catch up')) }
}

test('one runs after the other, after what was put off before it', async () => {
  const { turns, events, note } = recorded()
  await Promise.all([turns.putOff(note('a')), turns.putOff(note('b')), turns.run(note('c')), turns.runFor(note('d'))])
  assert.deepEqual(
    events.filter((event) => !event.endsWith('begins')),
    ['a', 'b', 'catch up', 'c', 'd'],
  )
  for (let index = 0; index < events.length; index += 2) assert.equal(events[index], `${events[index + 1]} begins`)
})

test('only in a turn for that may something be put off', async () => {
  const { turns } = recorded()
  assert.ok(await turns.putOff(async () => turns.isPuttingOff))
  assert.ok(!(await turns.run(() => turns.isPuttingOff)))
})

test('all is settled where nothing is put off, and else once it is done, also by those who ask meanwhile', async () => {
  const { turns, events, note } = recorded()
  assert.equal(turns.settled(), undefined)
  await turns.putOff(note('a'))
  const first = turns.settled()
  await sleep(0)
  assert.deepEqual(events, ['a begins', 'a', 'catch up begins'])
  const second = turns.settled()
  assert.ok(first !== undefined && second !== undefined)
  await second
  assert.equal(events.at(-1), 'catch up')
  assert.equal(turns.settled(), undefined)
  await first
})

test('what is put off is done when nobody puts off more, and before long in any case', async () => {
  let done = 0
  const { turns } = turnsThat(async () => void done++)
  await turns.putOff(async () => {})
  const limit = performance.now() + 10_000
  while (done === 0 && performance.now() < limit) await sleep(1)
  assert.equal(done, 1)
  for (let end = performance.now() + 300; performance.now() < end; ) {
    await turns.putOff(async () => {})
    await sleep(1)
  }
  assert.ok(done >= 2, `${done}`)
})

test('what is put off shortly is not waited for, and done at once', async () => {
  const { turns, events, note } = recorded()
  await turns.putOffShortly(note('a'))
  assert.deepEqual(events, ['a begins', 'a'])
  assert.notEqual(turns.settled(), undefined)
  const limit = performance.now() + 10_000
  while (events.at(-1) !== 'catch up' && performance.now() < limit) await sleep(0)
  assert.deepEqual(events, ['a begins', 'a', 'catch up begins', 'catch up'])
  await sleep(30)
  assert.equal(events.length, 4, 'and once')
})

test('what fails after its answer is told to the next caller, once, and logged', async () => {
  const { turns, errors } = turnsThat(async () => {
    throw new Error('disk')
  })
  await turns.putOff(async () => {})
  // Nobody waits for this one's answer.
  assert.equal(await turns.run(() => 'timer'), 'timer')
  await assert.rejects(turns.settled() as Promise<void>, /disk/)
  assert.equal(turns.settled(), undefined)
  await turns.putOff(async () => {})
  let ran = false
  const told = turns.runFor(() => {
    ran = true
  })
  await assert.rejects(told, /disk/)
  assert.ok(!ran)
  assert.equal(await turns.runFor(() => 'after'), 'after')
  assert.deepEqual(errors.map(String), ['Error: disk', 'Error: disk'])
})
