// What nearly every start loads, to be one chunk of the bundle (see build.mjs). Small modules only, without packages.
import '../src/core/errors.ts';
import '../src/core/json.ts';
import '../src/core/limits.ts';
import '../src/core/nearest.ts';
import '../src/core/ref.ts';
import '../src/core/text.ts';
import '../src/core/in-parallel.ts';
import '../src/telemetry/logger.ts';
import '../src/kubernetes/object.ts';
import '../src/cli/add-config-option.ts';
import '../src/cli/exit-status.ts';
import '../src/cli/session.ts';
import '../src/cli/render/answer.ts';
import '../src/cli/render/diff.ts';
import '../src/cli/render/table.ts';
