package config

import "easel/shared/job"

// Setting is [Function.Pace] in the words of job.Tempo.
func (f Function) Setting(id string) job.Setting { return job.Setting(f.Pace(id)) }
