// Package config reads the settings of the functions from their environment. It knows every variable by name, checks
// each value before anything is started, and says all that is wrong at once: a deployment that has two mistakes should
// not take two deployments to mend.
//
// It reads no file, calls no service and keeps nothing. What a setting means for a job is the core's business.
package config
