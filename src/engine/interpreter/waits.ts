/** What is on its way elsewhere, or settled just now by somebody, is looked at again after that long. */
export const lookAgainMs = 2_000;

/** Whoever settles a ticket tells its run; should that process die in between, the run looks by itself. */
export const lookAtTicketMs = 10 * 60_000;
