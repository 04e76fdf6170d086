/** What an upstream answers with in place of a result. */
export interface RefusalDetails {
  /** Its JSON-RPC code. */
  readonly code: number
  /** Its words, cut short. */
  readonly reason: string
  /** Of a call that reverted, what it returned; as it came. */
  readonly data: string | undefined
}

/** An upstream has answered, with an error. */
export class UpstreamRefusal extends Error {
  readonly refusal: RefusalDetails

  constructor(message: string, refusal: RefusalDetails) {
    super(message)
    this.refusal = refusal
  }
}
