/** Tests of {@code io.quarry.junit}. */
package io.quarry.junit;
