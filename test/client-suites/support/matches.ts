import assert from 'node:assert/strict'

/**
 * Asserts that a value of JSON is as wanted: lists element by element, objects in the fields that are named, text by a pattern too;
 * a function is given the value and asserts itself.
 */
export function matches(actual: unknown, wanted: unknown, path = 'result'): void {
  if (typeof wanted === 'function') wanted(actual)
  else if (wanted instanceof RegExp) assert.match(String(actual), wanted, path)
  else if (Array.isArray(wanted)) {
    assert.ok(Array.isArray(actual), `${path} is no list`)
    assert.equal(actual.length, wanted.length, `${path}: ${JSON.stringify(actual).slice(0, 2_000)}`)
    for (const [index, each] of wanted.entries()) matches(actual[index], each, `${path}[${index}]`)
  } else if (typeof wanted === 'object' && wanted !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path} is no object: ${actual}`)
    for (const [name, each] of Object.entries(wanted)) {
      matches((actual as Record<string, unknown>)[name], each, `${path}.${name}`)
    }
  } else assert.equal(actual, wanted, path)
}

/** A list that has an element that is as wanted, among others. */
export function including(wanted: unknown): (actual: unknown) => void {
  return (actual) => {
    assert.ok(Array.isArray(actual), 'it is no list')
    const isWanted = (each: unknown): boolean => {
      try {
        matches(each, wanted)
        return true
      } catch {
        return false
      }
    }
    assert.ok(actual.some(isWanted), `none is ${JSON.stringify(wanted)}: ${JSON.stringify(actual).slice(0, 2_000)}`)
  }
}
