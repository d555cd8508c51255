// Package jobtest holds the contract of every port of package job as a test suite, run by each adapter against
// its own service. What a suite does not ask for, the core must not rely on.
//
// [Fault] stands before the ports of whatever runs on them, so that calls fail when a test wants it, before or after they took
// effect. There are no mocks: a test that needs a port takes the embedded adapter, and puts a Fault on what uses it.
//
// Suites may run against a shared and slow service. They use names that nothing else has, leave waiting to the
// harness, and expect nothing of the service but what the port's comment promises.
package jobtest
