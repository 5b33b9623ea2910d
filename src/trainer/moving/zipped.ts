/** Weights that come in a zip, as the folder for Hugging Face does. */
import { SafetensorsError } from '../../core/safetensors-header.ts';
import { ARCHIVE_LIMITS, ArchiveRefused, MemberBroken } from '../../data/archive.ts';
import { isZip, listZip } from '../../data/unzip.ts';

/** Weights are larger than pictures: a ViT-B has 340 MB of them. */
const LIMITS = { ...ARCHIVE_LIMITS, entries: 10_000, memberBytes: 2 * 2 ** 30 };

/** The file itself, or the only .safetensors file of a zip. @throws SafetensorsError where a zip has none, or several */
export async function safetensorsOf(file: Blob): Promise<Blob> {
  // Whoever opens a file that cannot be read says so.
  const zipped = await isZip(file).catch(() => false);
  if (!zipped) return file;
  try {
    const { members, refused } = await listZip(file, LIMITS);
    const [member, ...others] = members.filter(({ path }) => isSafetensors(path));
    const [not] = refused.filter(({ path }) => isSafetensors(path));
    if (not) throw new SafetensorsError(`${not.path} in it is refused: ${not.reason}`);
    if (!member)
      throw new SafetensorsError(
        'it is a zip archive with no .safetensors file in it. A .pth of PyTorch has to be converted first',
      );
    if (others.length > 0)
      throw new SafetensorsError(
        `it is a zip archive with ${others.length + 1} .safetensors files in it: unpack it, and open one of them`,
      );
    return await member.whole();
  } catch (error) {
    if (error instanceof ArchiveRefused || error instanceof MemberBroken)
      throw new SafetensorsError(`it is a zip archive that cannot be read: ${error.message}`);
    throw error;
  }
}

const isSafetensors = (path: string) => path.toLowerCase().endsWith('.safetensors');
