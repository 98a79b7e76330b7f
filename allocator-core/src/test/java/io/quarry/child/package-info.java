/**
 * Programs that tests run in a JVM of their own. They are in a package that the module under test
 * does not have, so that they can also run outside it.
 */
package io.quarry.child;
