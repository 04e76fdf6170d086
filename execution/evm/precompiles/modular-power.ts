const WINDOW_BITS = 4

/**
 * base ^ exponent mod modulus, for a modulus above 1 and a big-endian exponent. Four squarings and at most one
 * multiplication for each four bits of the exponent, so that its time is bounded by what EIP-198 and its successors charge.
 */
export function modularPower(base: bigint, exponent: Uint8Array, modulus: bigint): bigint {
  const powers = smallPowers(base % modulus, modulus)
  let result = 1n
  for (const byte of exponent) {
    result = raiseAndMultiply(result, byte >> WINDOW_BITS, powers, modulus)
    result = raiseAndMultiply(result, byte & 0x0f, powers, modulus)
  }
  return result
}

/** base ^ 0 to base ^ 15. */
function smallPowers(base: bigint, modulus: bigint): bigint[] {
  const powers = [1n]
  while (powers.length < 1 << WINDOW_BITS) powers.push((powers[powers.length - 1]! * base) % modulus)
  return powers
}

/** result ^ 16 * powers[digit]. */
function raiseAndMultiply(result: bigint, digit: number, powers: readonly bigint[], modulus: bigint): bigint {
  let raised = result
  // Leading zeros of the exponent cost nothing.
  if (raised !== 1n) {
    for (let round = 0; round < WINDOW_BITS; round++) raised = (raised * raised) % modulus
  }
  return digit === 0 ? raised : (raised * powers[digit]!) % modulus
}
