// Package jobtest holds the contract of every port of package job as a test suite: one function a port, run by each
// adapter against its own service. What a suite does not ask for, the core must not rely on.
//
// [Fault] wraps a port so that calls fail when a test wants it, before or after they took effect. There are no mocks:
// whoever needs a port in a test takes the embedded adapter, and a Fault around it.
//
// Suites may run against a shared and slow service. They use names that nobody else uses, leave waiting to the
// harness, and expect nothing of the service but what the port's comment promises.
package jobtest
