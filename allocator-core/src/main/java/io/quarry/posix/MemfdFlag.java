package io.quarry.posix;

/** What {@link Posix#memfdCreate} makes ({@code MFD_*}). Linux only. */
public enum MemfdFlag {
  /** A program that this process starts does not inherit the descriptor. */
  CLOEXEC,
  /** Seals may be added; without this flag, {@link Seal#SEAL} is set from the start. */
  ALLOW_SEALING,
  /** Its pages come from the huge-page pool, which an administrator has to fill. */
  HUGETLB,
  /** With {@link #HUGETLB}: pages of 2 MiB. */
  HUGE_2MB,
  /** With {@link #HUGETLB}: pages of 1 GiB. */
  HUGE_1GB,
  /** Not executable, and sealed so; {@link #ALLOW_SEALING} is implied. Linux 6.3. */
  NOEXEC_SEAL,
  /** Executable, as older kernels always make it. Linux 6.3. */
  EXEC
}
