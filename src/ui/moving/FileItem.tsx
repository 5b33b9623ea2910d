/** One item of the File menu: a name, and under it what it does. */
import { Menu } from '@mantine/core';
import type { Icon } from '@tabler/icons-react';

interface Props {
  /** What the item is called; assistive technology hears the name alone. */
  name: string;
  /** What stands there for now, if not the name. */
  shown?: string;
  note: string;
  icon: Icon;
  disabled?: boolean;
  /** Color of an item that destroys something. */
  color?: string;
  closeMenuOnClick?: boolean;
  onClick: () => void;
}

export function FileItem({ name, shown = name, note, icon: ItemIcon, ...rest }: Props) {
  return (
    <Menu.Item leftSection={<ItemIcon size={16} />} aria-label={name} {...rest}>
      {shown}
      <small className="menuNote">{note}</small>
    </Menu.Item>
  );
}
