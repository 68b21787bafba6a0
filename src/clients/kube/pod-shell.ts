import { VigieError } from '../../core/errors.ts';

// The words of a command in a pod lie in the records of the API server, and others in the pod see them. So secrets go
// ahead of the input, to a shell that reads them with its own `read` and then becomes the program. Nothing but builtins
// that POSIX has is used: an image of a database may hold little else.

/**
 * $1: `input` or `none`, whether the rest of stdin is the program's; $2: its folder, or nothing; then its words. What is
 * read: `+NAME=value`, further lines of a value behind `-`, and `.` at the end. `read` takes no byte beyond its line, so
 * what follows is the program's. The first line of stdout tells how it went.
 */
export const podShellScript = `
_vigie_newline='
'
_vigie_value=
while IFS= read -r _vigie_line; do
  case $_vigie_line in
    +*) [ -z "$_vigie_value" ] || export "$_vigie_value"; _vigie_value=\${_vigie_line#+} ;;
    -*) _vigie_value=$_vigie_value$_vigie_newline\${_vigie_line#-} ;;
    *) break ;;
  esac
done
[ "$_vigie_line" = . ] || exit 125
[ -z "$_vigie_value" ] || export "$_vigie_value"
_vigie_input=$1 _vigie_folder=$2
shift 2
[ -z "$_vigie_folder" ] || cd -- "$_vigie_folder" 2>/dev/null || { echo folder; exit 125; }
command -v "$1" >/dev/null 2>&1 || { echo missing; exit 127; }
echo started
[ "$_vigie_input" = input ] || exec "$@" </dev/null
exec "$@"
`;

/** How the shell says that it went. */
export type ShellWord = 'started' | 'missing' | 'folder';

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** What the shell reads ahead of the program. @throws VigieError NOT_STARTED for a value that no variable can hold */
export function environmentText(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (!variableName.test(name)) throw new Error('an engine named a variable that no shell has');
    // bash loses the byte 1, and no program can be given a zero.
    if (value.includes('\0') || value.includes('\u0001'))
      throw new VigieError(
        'NOT_STARTED',
        `The value of ${name} holds a byte that cannot be given to a program in a pod.`,
        {
          hint: 'Set the secret of the set anew, as text.',
        },
      );
    return `+${name}=${value.replaceAll('\n', '\n-')}\n`;
  });
  return `${lines.join('')}.\n`;
}
