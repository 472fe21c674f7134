// What travels between the extension and the server's commands.

/** The arguments of a command, or its answer. */
export type Answer = Record<string, unknown>;
