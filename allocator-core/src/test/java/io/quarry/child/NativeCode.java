package io.quarry.child;

import com.kenai.jffi.CallContext;
import com.kenai.jffi.CallingConvention;
import com.kenai.jffi.Invoker;
import com.kenai.jffi.Type;

/** Calls machine code. */
final class NativeCode {

  private NativeCode() {}

  /** Calls a function without arguments that returns an int. */
  static int call(long address) {
    final CallContext context =
        CallContext.getCallContext(Type.SINT32, new Type[0], CallingConvention.DEFAULT, false);
    return Invoker.getInstance().invokeI0(context, address);
  }
}
