import { existsSync, readdirSync } from 'node:fs';
import { VigieError } from '../../core/errors.ts';

// Where the systems that Vigie runs on keep fonts. Without one a drawing comes out without its texts, and without an error.
const fontFolders = [
  '/usr/share/fonts/truetype',
  '/usr/share/fonts/dejavu-sans-fonts',
  '/usr/share/fonts/TTF',
  '/usr/share/fonts',
  '/System/Library/Fonts',
];

/** Draws an SVG as PNG. @throws VigieError NOT_FOUND where no font is installed */
export async function pngOf(svg: string, folders: readonly string[] = fontFolders): Promise<Buffer> {
  const fonts = folders.find(hasFont);
  if (fonts === undefined)
    throw new VigieError(
      'NOT_FOUND',
      'A PNG cannot be drawn: no font is installed, and its texts would be missing',
      {
        hint: 'Install one (apt-get install fonts-dejavu-core), or write an SVG: --chart chart.svg',
      },
    );
  const { Resvg } = await import('@resvg/resvg-js');
  const drawing = new Resvg(svg, {
    font: { fontDirs: [fonts], loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
  });
  return Buffer.from(drawing.render().asPng());
}

function hasFont(folder: string): boolean {
  return (
    existsSync(folder) &&
    readdirSync(folder, { recursive: true }).some(name => /\.(?:ttf|otf|ttc)$/i.test(String(name)))
  );
}
