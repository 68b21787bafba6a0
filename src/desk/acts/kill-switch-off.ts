import { readKillSwitch, rowToLift } from '../../pipeline/kill-switch.ts';
import { spell } from '../../pipeline/screen.ts';
import type { Act } from './act.ts';

/** Lets changes go again. */
export const killSwitchOff: Act = {
  act: 'kill-switch-off',
  async prepare(vigie) {
    const { on, by, at, why } = await readKillSwitch(vigie);
    return {
      content: { act: 'kill-switch-off', lifts: await rowToLift(vigie) },
      shows: on
        ? [`The kill switch is on since ${at}, by ${by}${why === '' ? '' : `, who said: "${spell(why)}"`}.`]
        : [],
    };
  },
  async commit(vigie, { signed, why, facts }) {
    const { settings } = await vigie.store();
    await settings.setKillSwitch({
      on: false,
      by: signed.statement.approver,
      why,
      signed,
      audit: { event: 'kill_switch_off', facts: { why, ...facts } },
    });
    return 'The kill switch is off: changes go their way again.';
  },
};
