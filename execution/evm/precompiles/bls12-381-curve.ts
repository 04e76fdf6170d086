import { needCurve } from './curve-loading.ts'
import { loadMcl, type Mcl } from './mcl.ts'
import { PairingCurve } from './pairing-curve.ts'

/** BLS12-381 in the encoding of EIP-2537: field elements as 64 bytes, the upper 16 zero. */
export const bls12381 = new PairingCurve(
  { fieldBytes: 48, paddingBytes: 16, isMclBigEndian: true, isImaginaryFirst: false },
  { loadMcl: loadForEthereum },
)
await needCurve(bls12381)

async function loadForEthereum(): Promise<Mcl> {
  const mcl = await loadMcl('BLS12_381')
  mcl.setETHserialization(true)
  // The maps of RFC 9380, which EIP-2537 asks for.
  mcl.setMapToMode(mcl.IRTF)
  return mcl
}
