/** How a server is reached over HTTP. */
export interface HttpOptions {
  /** Where the server answers, as `/api` or `https://app.example/api`. */
  readonly url: string;
  readonly fetch: typeof fetch;
  /** Asked before each request. */
  readonly headers: () => HeadersInit | Promise<HeadersInit>;
  /** As fetch has it; `include` for a server of another origin. */
  readonly credentials: RequestCredentials;
}
