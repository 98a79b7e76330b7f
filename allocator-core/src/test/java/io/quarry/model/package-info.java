/**
 * The protocol of slabs as a machine of small steps, and an explorer that goes through all orders
 * of these steps. It is a model: what it proves, it proves of itself; the names of its steps are
 * those of the methods that they stand for.
 */
package io.quarry.model;
