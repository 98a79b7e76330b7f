package io.quarry.posix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Nothing that an Agrona buffer can do writes through one that is read-only. */
final class ReadOnlyUnsafeBufferTest extends MappedMemory {

  /** Every method of the class and its interfaces, with arguments that would do something. */
  @Test
  void noMethodWrites() throws ReflectiveOperationException {
    final long address = map(page);
    NativeMemory.fill(address, page, (byte) '1');
    final byte[] before = contents(address);
    final List<String> refused = new ArrayList<>();
    for (Method method : UnsafeBuffer.class.getMethods()) {
      if (method.getDeclaringClass() == Object.class
          || Modifier.isStatic(method.getModifiers())
          || method.getName().equals("wrap")) {
        continue;
      }
      try {
        method.invoke(new ReadOnlyUnsafeBuffer(address, page), arguments(method));
      } catch (InvocationTargetException e) {
        if (e.getCause() instanceof ReadOnlyBufferException) {
          refused.add(method.getName());
        }
      }
      assertThat(contents(address)).as("after %s", method).isEqualTo(before);
    }
    assertThat(refused)
        .contains("putLong", "setMemory", "compareAndSetInt", "getAndAddLong", "putIntAscii")
        .hasSizeGreaterThanOrEqualTo(63)
        .noneMatch(name -> name.startsWith("get") && !name.startsWith("getAnd"));
  }

  private byte[] contents(long address) {
    final byte[] bytes = new byte[page];
    view(address, page).get(bytes);
    return bytes;
  }

  private static Object[] arguments(Method method) {
    final Class<?>[] types = method.getParameterTypes();
    final Object[] arguments = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      arguments[i] = argument(types[i], i);
    }
    return arguments;
  }

  private static Object argument(Class<?> type, int position) {
    if (type == int.class) {
      return position == 0 ? 8 : 4;
    } else if (type == long.class) {
      return 0x3131313131313131L;
    } else if (type == short.class) {
      return (short) 3;
    } else if (type == byte.class) {
      return (byte) 3;
    } else if (type == char.class) {
      return 'c';
    } else if (type == float.class) {
      return 1.5f;
    } else if (type == double.class) {
      return 1.5;
    } else if (type == ByteOrder.class) {
      return ByteOrder.BIG_ENDIAN;
    } else if (type == byte[].class) {
      return new byte[64];
    } else if (type == ByteBuffer.class) {
      return ByteBuffer.allocate(64);
    } else if (type == Appendable.class) {
      return new StringBuilder();
    } else if (DirectBuffer.class.isAssignableFrom(type)) {
      return new UnsafeBuffer(new byte[64]);
    }
    return "text";
  }

  @Test
  void whatReadsIsAsEver() {
    final long address = map(page);
    view(address, page).order(ByteOrder.nativeOrder()).putLong(8, 4711);
    final UnsafeBuffer buffer = new ReadOnlyUnsafeBuffer(address, page);

    assertThat(buffer.getLong(8)).isEqualTo(4711);
    assertThat(buffer.getLongVolatile(8)).isEqualTo(4711);
    assertThat(buffer.capacity()).isEqualTo(page);
    assertThatThrownBy(() -> buffer.getLong(page - 7))
        .isInstanceOf(IndexOutOfBoundsException.class);
    final byte[] copy = new byte[8];
    buffer.getBytes(8, copy);
    assertThat(ByteBuffer.wrap(copy).order(ByteOrder.nativeOrder()).getLong()).isEqualTo(4711);
  }

  /** Why this class is there; when this fails, Agrona has learnt to do it itself. */
  @Test
  void agronaTakesNoNoticeOfAReadOnlyByteBuffer() {
    final long address = map(page);
    final ByteBuffer readOnly = view(address, page).asReadOnlyBuffer();

    new UnsafeBuffer(readOnly).putByte(0, (byte) 7);

    assertThat(readOnly.get(0)).isEqualTo((byte) 7);
  }
}
