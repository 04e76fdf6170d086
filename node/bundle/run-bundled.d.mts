export declare function compiledFile(bundle: string): string
export declare function runBundled(root?: string, folder?: string): Promise<void>
