// The data that the extension exchanges with the server's commands.

/** The arguments or the result of a command. */
export type Answer = Record<string, unknown>;
