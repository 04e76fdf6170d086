/** Collects what is to be undone at the end; the last thing begun is undone first. */
export class CleanUp {
  readonly #steps: (() => unknown)[] = []

  after(step: () => unknown): void {
    this.#steps.push(step)
  }

  async run(): Promise<void> {
    for (const step of this.#steps.splice(0).reverse()) await step()
  }
}
