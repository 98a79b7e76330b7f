package io.quarry.posix;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * An Agrona buffer over memory that must not be written. Agrona's own buffers take no notice of
 * whether the memory, or the {@link ByteBuffer}, that they wrap is read-only: a write through them
 * is a SIGSEGV. Here every method that writes throws {@link ReadOnlyBufferException} instead, and a
 * test holds that none is left out.
 */
final class ReadOnlyUnsafeBuffer extends UnsafeBuffer {

  ReadOnlyUnsafeBuffer(long address, int length) {
    super(address, length);
  }

  private static ReadOnlyBufferException refusal() {
    return new ReadOnlyBufferException();
  }

  @Override
  public void setMemory(int index, int a, byte b) {
    throw refusal();
  }

  @Override
  public void putLong(int index, long a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public void putLong(int index, long a) {
    throw refusal();
  }

  @Override
  public void putInt(int index, int a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public void putInt(int index, int a) {
    throw refusal();
  }

  @Override
  public int putIntAscii(int index, int a) {
    throw refusal();
  }

  @Override
  public int putNaturalIntAscii(int index, int a) {
    throw refusal();
  }

  @Override
  public void putNaturalPaddedIntAscii(int index, int a, int b) {
    throw refusal();
  }

  @Override
  public int putNaturalIntAsciiFromEnd(int index, int a) {
    throw refusal();
  }

  @Override
  public int putNaturalLongAscii(int index, long a) {
    throw refusal();
  }

  @Override
  public int putLongAscii(int index, long a) {
    throw refusal();
  }

  @Override
  public void putDouble(int index, double a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public void putDouble(int index, double a) {
    throw refusal();
  }

  @Override
  public void putFloat(int index, float a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public void putFloat(int index, float a) {
    throw refusal();
  }

  @Override
  public void putShort(int index, short a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public void putShort(int index, short a) {
    throw refusal();
  }

  @Override
  public void putChar(int index, char a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public void putChar(int index, char a) {
    throw refusal();
  }

  @Override
  public void putByte(int index, byte a) {
    throw refusal();
  }

  @Override
  public void putBytes(int index, byte[] a) {
    throw refusal();
  }

  @Override
  public void putBytes(int index, byte[] a, int b, int c) {
    throw refusal();
  }

  @Override
  public void putBytes(int index, ByteBuffer a, int b) {
    throw refusal();
  }

  @Override
  public void putBytes(int index, ByteBuffer a, int b, int c) {
    throw refusal();
  }

  @Override
  public void putBytes(int index, DirectBuffer a, int b, int c) {
    throw refusal();
  }

  @Override
  public int putStringAscii(int index, String a) {
    throw refusal();
  }

  @Override
  public int putStringAscii(int index, CharSequence a) {
    throw refusal();
  }

  @Override
  public int putStringAscii(int index, String a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public int putStringAscii(int index, CharSequence a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public int putStringWithoutLengthAscii(int index, String a) {
    throw refusal();
  }

  @Override
  public int putStringWithoutLengthAscii(int index, CharSequence a) {
    throw refusal();
  }

  @Override
  public int putStringWithoutLengthAscii(int index, String a, int b, int c) {
    throw refusal();
  }

  @Override
  public int putStringWithoutLengthAscii(int index, CharSequence a, int b, int c) {
    throw refusal();
  }

  @Override
  public int putStringUtf8(int index, String a) {
    throw refusal();
  }

  @Override
  public int putStringUtf8(int index, String a, ByteOrder b) {
    throw refusal();
  }

  @Override
  public int putStringUtf8(int index, String a, int b) {
    throw refusal();
  }

  @Override
  public int putStringUtf8(int index, String a, ByteOrder b, int c) {
    throw refusal();
  }

  @Override
  public int putStringWithoutLengthUtf8(int index, String a) {
    throw refusal();
  }

  @Override
  public void putLongVolatile(int index, long a) {
    throw refusal();
  }

  @Override
  public void putLongOrdered(int index, long a) {
    throw refusal();
  }

  @Override
  public void putLongRelease(int index, long a) {
    throw refusal();
  }

  @Override
  public long addLongOrdered(int index, long a) {
    throw refusal();
  }

  @Override
  public void putLongOpaque(int index, long a) {
    throw refusal();
  }

  @Override
  public long addLongOpaque(int index, long a) {
    throw refusal();
  }

  @Override
  public long addLongRelease(int index, long a) {
    throw refusal();
  }

  @Override
  public boolean compareAndSetLong(int index, long a, long b) {
    throw refusal();
  }

  @Override
  public long compareAndExchangeLong(int index, long a, long b) {
    throw refusal();
  }

  @Override
  public long getAndSetLong(int index, long a) {
    throw refusal();
  }

  @Override
  public long getAndAddLong(int index, long a) {
    throw refusal();
  }

  @Override
  public void putIntVolatile(int index, int a) {
    throw refusal();
  }

  @Override
  public void putIntOrdered(int index, int a) {
    throw refusal();
  }

  @Override
  public void putIntRelease(int index, int a) {
    throw refusal();
  }

  @Override
  public int addIntOrdered(int index, int a) {
    throw refusal();
  }

  @Override
  public int addIntRelease(int index, int a) {
    throw refusal();
  }

  @Override
  public void putIntOpaque(int index, int a) {
    throw refusal();
  }

  @Override
  public int addIntOpaque(int index, int a) {
    throw refusal();
  }

  @Override
  public boolean compareAndSetInt(int index, int a, int b) {
    throw refusal();
  }

  @Override
  public int compareAndExchangeInt(int index, int a, int b) {
    throw refusal();
  }

  @Override
  public int getAndSetInt(int index, int a) {
    throw refusal();
  }

  @Override
  public int getAndAddInt(int index, int a) {
    throw refusal();
  }

  @Override
  public void putShortVolatile(int index, short a) {
    throw refusal();
  }

  @Override
  public void putCharVolatile(int index, char a) {
    throw refusal();
  }

  @Override
  public void putByteVolatile(int index, byte a) {
    throw refusal();
  }
}
