/** The look in Mantine's terms: a fern green on warm paper, deep water in the dark, crisp lines, one type scale. */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple, Tooltip } from '@mantine/core';

const fern: MantineColorsTuple = [
  '#e8f5f0',
  '#d2e9e0',
  '#a6d4c3',
  '#78bea5',
  '#54ad8d',
  '#3da07d',
  '#2a8a6a',
  '#1d7358',
  '#125d46',
  '#074635',
];

/** Mantine's neutral grays, warmed in the light and tinted with water in the dark. */
const gray: MantineColorsTuple = [
  '#f7f5f0',
  '#efece4',
  '#e6e2d8',
  '#dcd8cd',
  '#c4bfb2',
  '#a19c90',
  '#76736a',
  '#565650',
  '#3a3b38',
  '#232523',
];
const dark: MantineColorsTuple = [
  '#e3e9e6',
  '#c3ccc9',
  '#95a3a0',
  '#6c7a77',
  '#3c494a',
  '#2c3739',
  '#1d2628',
  '#161d1f',
  '#10171a',
  '#0b1012',
];

export const theme = createTheme({
  colors: { fern, gray, dark },
  primaryColor: 'fern',
  primaryShade: { light: 7, dark: 4 },
  autoContrast: true,
  defaultRadius: 6,
  fontFamily: "'Inter', ui-sans-serif, system-ui, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', sans-serif",
  fontFamilyMonospace: "ui-monospace, 'SF Mono', 'Cascadia Mono', 'DejaVu Sans Mono', monospace",
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.25rem' },
  cursorType: 'pointer',
  focusRing: 'auto',
  components: {
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 350, multiline: true, maw: 280 } }),
  },
});

const surfaces = {
  '--mantine-color-body': 'var(--panel)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--quiet)',
  '--mantine-color-default': 'var(--panel)',
  '--mantine-color-default-hover': 'var(--sunken)',
  '--mantine-color-default-border': 'var(--line)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-placeholder': 'var(--quiet)',
  '--mantine-color-disabled': 'var(--sunken)',
  '--mantine-color-disabled-color': 'var(--quiet)',
  '--mantine-color-disabled-border': 'var(--line)',
};

/** Mantine's own surfaces follow the tokens of `tokens.css`, which know light from dark themselves. */
export const cssVariables: CSSVariablesResolver = () => ({ variables: {}, light: surfaces, dark: surfaces });
