import { approversMethodsForAnAgent } from './agent-account/approvers-methods-for-an-agent.ts';
import { falseDaemonInTheWay } from './agent-account/false-daemon-in-the-way.ts';
import { filesOfTheDaemon } from './agent-account/files-of-the-daemon.ts';
import { floodedDaemon } from './agent-account/flooded-daemon.ts';
import { aroundTheHeader } from './another-local-user/around-the-header.ts';
import { filesOfTheHome } from './another-local-user/files-of-the-home.ts';
import { guessedTokens } from './another-local-user/guesses.ts';
import { noToken } from './another-local-user/no-token.ts';
import { silentConnections } from './another-local-user/silent-connections.ts';
import type { Attack } from './attack.ts';
import { brokenAnswers } from './hostile-objects/broken-answers.ts';
import { diagnosisFixes } from './hostile-objects/diagnosis-fixes.ts';
import { endlessLists } from './hostile-objects/endless-lists.ts';
import { gzipBombs } from './hostile-objects/gzip-bombs.ts';
import { kinds } from './hostile-objects/kinds.ts';
import { largeBodies } from './hostile-objects/large-bodies.ts';
import { descriptionsElsewhere, redirects } from './hostile-objects/leads-elsewhere.ts';
import { namesInAnswers } from './hostile-objects/names-in-answers.ts';
import { namesInCalls } from './hostile-objects/names-in-calls.ts';
import { slowAnswers } from './hostile-objects/slow-answers.ts';
import { slowLines } from './hostile-objects/slow-lines.ts';
import { smuggledDocuments } from './hostile-objects/smuggled-documents.ts';
import { warnings } from './hostile-objects/warnings.ts';
import { hugeBodies, malformedOnHttp } from './malformed-messages/on-http.ts';
import { hugeLines, malformedOnStdio } from './malformed-messages/on-stdio.ts';
import { guessedByEcho } from './secret-hunt/guessed-by-echo.ts';
import { guessedByFilter } from './secret-hunt/guessed-by-filter.ts';
import { guessedByProposal } from './secret-hunt/guessed-by-proposal.ts';
import { measuredSecrets } from './secret-hunt/measured-secrets.ts';
import { repeatedSecrets } from './secret-hunt/repeated-secrets.ts';
import { secretsInAnswers } from './secret-hunt/secrets-in-answers.ts';
import { secretsInChanges } from './secret-hunt/secrets-in-changes.ts';
import { secretsOnTheCommandLine } from './secret-hunt/secrets-on-the-command-line.ts';
import { secretsOverHttp } from './secret-hunt/secrets-over-http.ts';
import { whatMaskingDoesNotKnow } from './secret-hunt/what-masking-does-not-know.ts';
import { anotherClusterByTheSameName } from './shell-beside-the-person/another-cluster-by-the-same-name.ts';
import { answersFromElsewhere } from './shell-beside-the-person/answers-from-elsewhere.ts';
import { attemptsResetInTheStore } from './shell-beside-the-person/attempts-reset-in-the-store.ts';
import { certificateNotChecked } from './shell-beside-the-person/certificate-not-checked.ts';
import { clockSetWrong } from './shell-beside-the-person/clock-set-wrong.ts';
import { clusterBesideVigie } from './shell-beside-the-person/cluster-beside-vigie.ts';
import { configurationElsewhere } from './shell-beside-the-person/configuration-elsewhere.ts';
import { configurationOfARepository } from './shell-beside-the-person/configuration-of-a-repository.ts';
import { cutAudit } from './shell-beside-the-person/cut-audit.ts';
import { disguisedCommands } from './shell-beside-the-person/disguised-commands.ts';
import { editedApprovers } from './shell-beside-the-person/edited-approvers.ts';
import { editedAudit } from './shell-beside-the-person/edited-audit.ts';
import { falseProgramsInPath } from './shell-beside-the-person/false-programs-in-path.ts';
import { filesOfProc } from './shell-beside-the-person/files-of-proc.ts';
import { firstApproverIsTheAgent } from './shell-beside-the-person/first-approver-is-the-agent.ts';
import { gatesForged } from './shell-beside-the-person/gates-forged.ts';
import { guessedPassphrases } from './shell-beside-the-person/guessed-passphrases.ts';
import { inspectorOpened } from './shell-beside-the-person/inspector-opened.ts';
import { killSwitchSetInTheStore } from './shell-beside-the-person/kill-switch-set-in-the-store.ts';
import { looserPolicy } from './shell-beside-the-person/looser-policy.ts';
import { plansSwappedInTheStore } from './shell-beside-the-person/plans-swapped-in-the-store.ts';
import { pluginThatReadsTheTerminal } from './shell-beside-the-person/plugin-that-reads-the-terminal.ts';
import { recordForgedWithTheKeys } from './shell-beside-the-person/record-forged-with-the-keys.ts';
import { recordedPassphrase } from './shell-beside-the-person/recorded-passphrase.ts';
import { replayedSignatures } from './shell-beside-the-person/replayed-signatures.ts';
import { schedulesForgedInTheStore } from './shell-beside-the-person/schedules-forged-in-the-store.ts';
import { secondApproverWithoutTheFirst } from './shell-beside-the-person/second-approver-without-the-first.ts';
import { stateSetInTheStore } from './shell-beside-the-person/state-set-in-the-store.ts';
import { ticketRewrittenInTheStore } from './shell-beside-the-person/ticket-rewritten-in-the-store.ts';
import { trustedPluginThatLivesOn } from './shell-beside-the-person/trusted-plugin-that-lives-on.ts';
import { expiredToken, revokedToken } from './stolen-token/ended-tokens.ts';
import { everythingOpen } from './stolen-token/everything-open.ts';
import { narrowToken, othersSession, readOnlyToken } from './stolen-token/narrow-tokens.ts';
import { foreignOrigins, reboundHosts, simpleRequests } from './web-page/pages.ts';

/** Every attack, by adversary. */
export const attacks: readonly Attack[] = [
  // a shell beside the person
  anotherClusterByTheSameName,
  answersFromElsewhere,
  certificateNotChecked,
  clockSetWrong,
  configurationElsewhere,
  configurationOfARepository,
  disguisedCommands,
  editedApprovers,
  editedAudit,
  falseProgramsInPath,
  filesOfProc,
  guessedPassphrases,
  inspectorOpened,
  killSwitchSetInTheStore,
  looserPolicy,
  plansSwappedInTheStore,
  pluginThatReadsTheTerminal,
  replayedSignatures,
  schedulesForgedInTheStore,
  gatesForged,
  secondApproverWithoutTheFirst,
  stateSetInTheStore,
  ticketRewrittenInTheStore,
  trustedPluginThatLivesOn,
  attemptsResetInTheStore,
  clusterBesideVigie,
  cutAudit,
  firstApproverIsTheAgent,
  recordForgedWithTheKeys,
  recordedPassphrase,
  // an agent on an account of its own
  approversMethodsForAnAgent,
  falseDaemonInTheWay,
  filesOfTheDaemon,
  floodedDaemon,
  // hostile objects
  namesInCalls,
  namesInAnswers,
  diagnosisFixes,
  kinds,
  warnings,
  largeBodies,
  gzipBombs,
  endlessLists,
  brokenAnswers,
  slowAnswers,
  slowLines,
  redirects,
  descriptionsElsewhere,
  smuggledDocuments,
  // another local user
  noToken,
  guessedTokens,
  aroundTheHeader,
  silentConnections,
  filesOfTheHome,
  // a web page
  foreignOrigins,
  reboundHosts,
  simpleRequests,
  // a stolen token
  narrowToken,
  readOnlyToken,
  othersSession,
  revokedToken,
  expiredToken,
  everythingOpen,
  // malformed messages
  malformedOnStdio,
  hugeLines,
  malformedOnHttp,
  hugeBodies,
  // secret hunt
  guessedByEcho,
  guessedByFilter,
  guessedByProposal,
  measuredSecrets,
  repeatedSecrets,
  secretsInAnswers,
  secretsInChanges,
  secretsOnTheCommandLine,
  secretsOverHttp,
  whatMaskingDoesNotKnow,
];
