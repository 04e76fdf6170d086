import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readVectors, skipWithout } from '../primitives/fixtures/vectors.ts'
import { type ChainConfig, hardforkAt, rulesAt } from './chain.ts'
import { developmentGenesis, parseGenesis } from './genesis.ts'
import type { Hardfork } from './hardforks.ts'

const LONDON_FORKS = {
  ...Object.fromEntries(
    ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul', 'berlin'].map(
      (name) => [`${name}Block`, 0],
    ),
  ),
  londonBlock: 5,
}

function chain(config: Record<string, unknown>): ChainConfig {
  return parseGenesis({ config: { chainId: 1, ...config }, alloc: {} }).config
}

test('a chain without hardforks stays at Frontier', () => {
  assert.equal(hardforkAt(chain({}), 10n ** 9n, 10n ** 12n), 'frontier')
})

test('a hardfork begins with the block at its number', () => {
  const config = chain(LONDON_FORKS)
  assert.equal(hardforkAt(config, 4n, 10n ** 9n), 'berlin')
  assert.equal(hardforkAt(config, 5n, 0n), 'london')
  assert.equal(hardforkAt(config, 6n, 0n), 'london')
})

test('a hardfork begins with the first timestamp that reaches it, and not before those by number', () => {
  const config = chain({ ...LONDON_FORKS, mergeNetsplitBlock: 7, shanghaiTime: 100 })
  assert.equal(hardforkAt(config, 8n, 99n), 'paris')
  assert.equal(hardforkAt(config, 8n, 100n), 'shanghai')
  assert.equal(hardforkAt(config, 6n, 100n), 'london')
})

test('several hardforks at one block: the last counts', () => {
  const { config } = developmentGenesis()
  assert.equal(hardforkAt(config, 0n, 0n), 'osaka')
  assert.equal(rulesAt(config, 0n, 0n).hardfork, 'osaka')
})

test('equal blocks have one object of rules', () => {
  const { config } = developmentGenesis()
  assert.equal(rulesAt(config, 1n, 5n), rulesAt(structuredClone(config), 2n, 6n))
})

const GENESIS = 'execution-apis/tests/genesis.json'
test('a chain through all hardforks', { skip: skipWithout(GENESIS) }, () => {
  const { config } = parseGenesis(readVectors(GENESIS))
  // A block every 10 s from 0, as in the chain that belongs to it.
  const at = (number: bigint): Hardfork => hardforkAt(config, number, number * 10n)
  const expected: [bigint, Hardfork][] = [
    [0n, 'homestead'],
    [2n, 'homestead'],
    [3n, 'tangerineWhistle'],
    [6n, 'spuriousDragon'],
    [9n, 'byzantium'],
    [12n, 'constantinople'],
    [15n, 'petersburg'],
    [18n, 'istanbul'],
    [21n, 'muirGlacier'],
    [24n, 'berlin'],
    [27n, 'london'],
    [30n, 'arrowGlacier'],
    [33n, 'grayGlacier'],
    [36n, 'paris'],
    [39n, 'shanghai'],
    [42n, 'cancun'],
    [45n, 'prague'],
    [48n, 'osaka'],
    [51n, 'bpo1'],
    [54n, 'bpo2'],
    [1000n, 'bpo2'],
  ]
  for (const [number, hardfork] of expected) assert.equal(at(number), hardfork, `block ${number}`)
})

test('blob schedules: the own one where there is one, else mainnet’s; Osaka keeps that of Prague', () => {
  const forks = { ...LONDON_FORKS, londonBlock: 0, terminalTotalDifficulty: 0, shanghaiTime: 0, cancunTime: 0 }
  const own = { target: 1, max: 2, baseFeeUpdateFraction: 1_000 }
  const schedule = (config: Record<string, unknown>, timestamp: bigint) =>
    rulesAt(chain({ ...forks, pragueTime: 10, osakaTime: 20, ...config }), 1n, timestamp).blobSchedule
  assert.equal(schedule({}, 0n)?.max, 6)
  assert.equal(schedule({}, 10n)?.max, 9)
  assert.equal(schedule({}, 20n)?.max, 9)
  assert.equal(schedule({ blobSchedule: { prague: own } }, 0n)?.max, 6)
  assert.equal(schedule({ blobSchedule: { prague: own } }, 10n)?.max, 2)
  assert.equal(schedule({ blobSchedule: { prague: own } }, 20n)?.max, 2)
  assert.equal(schedule({ bpo1Time: 30, blobSchedule: { bpo1: own } }, 30n)?.baseFeeUpdateFraction, 1_000n)
})
