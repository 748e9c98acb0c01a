/* A stand-in for NVIDIA's management library, libnvidia-ml.so.1, where there is no GPU.
 *
 * Programs that watch GPUs (gpustat, nvitop) talk to the driver through this library and nothing else, so they run
 * here unchanged. Everything it reports is made up: the configuration file names the model, whose name and driver
 * version say "simulated", and how it behaves. What is not made up is who uses it: a process that has the device
 * /dev/nvidiaN open works on GPU N, as with the real driver. Structures and numbers are those of nvml.h 12.
 *
 * A GPU that nobody uses is idle. One that somebody uses goes up and down between `low` and `high` once every `period`
 * seconds of the clock, so that monitoring has something to show and two looks at the same second agree.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CONFIGURATION "/etc/docwalk/gpu.conf"
#define MOST_GPUS 16
#define MOST_PROCESSES 256
#define MIB (1024ull * 1024ull)

enum {
    SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7,
    DRIVER_NOT_LOADED = 9
};

typedef struct { int minor; } Gpu;
typedef struct { unsigned long long total, free, used; } Memory;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory2;
typedef struct { unsigned gpu, memory; } Utilization;
typedef struct { unsigned pid; unsigned long long used; unsigned instance, compute_instance; } Process;
typedef struct { unsigned version; int sensor, degrees; } Temperature;

static struct {
    char name[80], driver[80];
    long memory_mib, idle_mib, process_mib, low, high, period, idle_degrees, degrees, idle_watts, watts;
} model;
static Gpu gpus[MOST_GPUS];
static int count;
static int users;

/* ---- configuration and state */

static void read_configuration(void) {
    struct { const char *key; long *value; long otherwise; } numbers[] = {
        {"memory_mib", &model.memory_mib, 40960}, {"idle_mib", &model.idle_mib, 4}, {"process_mib", &model.process_mib, 2048},
        {"low", &model.low, 40}, {"high", &model.high, 95}, {"period", &model.period, 60},
        {"idle_degrees", &model.idle_degrees, 30}, {"degrees", &model.degrees, 65},
        {"idle_watts", &model.idle_watts, 50}, {"watts", &model.watts, 300},
    };
    const int last = sizeof numbers / sizeof *numbers;
    char line[256], key[64], value[80];
    FILE *file = fopen(CONFIGURATION, "r");

    strcpy(model.name, "Simulated GPU");
    strcpy(model.driver, "0.0 (simulated)");
    for (int i = 0; i < last; i++) *numbers[i].value = numbers[i].otherwise;
    if (!file) return;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, " %63[a-z_] = %79[^\n]", key, value) != 2) continue;
        if (!strcmp(key, "name")) strcpy(model.name, value);
        if (!strcmp(key, "driver")) strcpy(model.driver, value);
        for (int i = 0; i < last; i++)
            if (!strcmp(key, numbers[i].key)) *numbers[i].value = strtol(value, NULL, 10);
    }
    fclose(file);
    if (model.period < 1) model.period = 1;
}

static void find_gpus(void) {
    char path[32];
    count = 0;
    for (int minor = 0; minor < MOST_GPUS; minor++) {
        snprintf(path, sizeof path, "/dev/nvidia%d", minor);
        if (access(path, F_OK) == 0) gpus[count++].minor = minor;
    }
}

/* Processes that have /dev/nvidiaN open; those of other accounts cannot be looked into and do not count. */
static unsigned find_processes(const Gpu *gpu, unsigned *pids, unsigned most) {
    char wanted[32], path[300], target[64];
    unsigned found = 0;
    DIR *processes = opendir("/proc");
    struct dirent *process, *descriptor;

    snprintf(wanted, sizeof wanted, "/dev/nvidia%d", gpu->minor);
    while (processes && (process = readdir(processes)) && found < most) {
        const unsigned pid = (unsigned)strtoul(process->d_name, NULL, 10);
        DIR *descriptors;
        int holds = 0;
        if (pid == 0) continue;
        snprintf(path, sizeof path, "/proc/%u/fd", pid);
        descriptors = opendir(path);
        while (descriptors && !holds && (descriptor = readdir(descriptors))) {
            ssize_t length;
            snprintf(path, sizeof path, "/proc/%u/fd/%s", pid, descriptor->d_name);
            length = readlink(path, target, sizeof target - 1);
            if (length < 0) continue;
            target[length] = 0;
            holds = !strcmp(target, wanted);
        }
        if (descriptors) closedir(descriptors);
        if (holds) pids[found++] = pid;
    }
    if (processes) closedir(processes);
    return found;
}

static unsigned user_count(const Gpu *gpu) {
    unsigned pids[MOST_PROCESSES];
    return find_processes(gpu, pids, MOST_PROCESSES);
}

/* Up from 0 to 1000 in the first half of the period and down in the second; GPUs are out of step. */
static long phase(const Gpu *gpu) {
    const long at = (long)((time(NULL) + gpu->minor * 7) % model.period) * 2000 / model.period;
    return at <= 1000 ? at : 2000 - at;
}

static unsigned between(const Gpu *gpu, long idle, long low, long high) {
    return (unsigned)(user_count(gpu) ? low + (high - low) * phase(gpu) / 1000 : idle);
}

static unsigned long long used_bytes(const Gpu *gpu) {
    unsigned long long used = (unsigned long long)(model.idle_mib + user_count(gpu) * model.process_mib) * MIB;
    const unsigned long long total = (unsigned long long)model.memory_mib * MIB;
    return used < total ? used : total;
}

static int copy(const char *text, char *buffer, unsigned length) {
    if (!buffer) return INVALID_ARGUMENT;
    if (strlen(text) >= length) return INSUFFICIENT_SIZE;
    strcpy(buffer, text);
    return SUCCESS;
}

/* ---- the library */

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    if (users == 0) {
        read_configuration();
        find_gpus();
        if (count == 0) return DRIVER_NOT_LOADED;
    }
    users++;
    return SUCCESS;
}
int nvmlInit(void) { return nvmlInitWithFlags(0); }
int nvmlInit_v2(void) { return nvmlInitWithFlags(0); }
int nvmlShutdown(void) {
    if (users == 0) return UNINITIALIZED;
    users--;
    return SUCCESS;
}

const char *nvmlErrorString(int result) {
    switch (result) {
    case SUCCESS: return "Success";
    case UNINITIALIZED: return "Uninitialized";
    case INVALID_ARGUMENT: return "Invalid Argument";
    case NOT_SUPPORTED: return "Not Supported";
    case NOT_FOUND: return "Not Found";
    case INSUFFICIENT_SIZE: return "Insufficient Size";
    case DRIVER_NOT_LOADED: return "Driver Not Loaded";
    default: return "Unknown Error";
    }
}

int nvmlSystemGetDriverVersion(char *version, unsigned length) { return copy(model.driver, version, length); }
int nvmlSystemGetNVMLVersion(char *version, unsigned length) { return copy("12.0 (simulated)", version, length); }

int nvmlDeviceGetCount_v2(unsigned *found) {
    if (users == 0) return UNINITIALIZED;
    *found = (unsigned)count;
    return SUCCESS;
}
int nvmlDeviceGetCount(unsigned *found) { return nvmlDeviceGetCount_v2(found); }

int nvmlDeviceGetHandleByIndex_v2(unsigned index, Gpu **gpu) {
    if (users == 0) return UNINITIALIZED;
    if (index >= (unsigned)count) return INVALID_ARGUMENT;
    *gpu = &gpus[index];
    return SUCCESS;
}
int nvmlDeviceGetHandleByIndex(unsigned index, Gpu **gpu) { return nvmlDeviceGetHandleByIndex_v2(index, gpu); }

int nvmlDeviceGetUUID(const Gpu *gpu, char *uuid, unsigned length) {
    char made[64];
    snprintf(made, sizeof made, "GPU-51111111-0000-0000-0000-%012d", gpu->minor);
    return copy(made, uuid, length);
}
int nvmlDeviceGetHandleByUUID(const char *uuid, Gpu **gpu) {
    char made[64];
    for (int i = 0; i < count; i++) {
        nvmlDeviceGetUUID(&gpus[i], made, sizeof made);
        if (!strcmp(made, uuid)) {
            *gpu = &gpus[i];
            return SUCCESS;
        }
    }
    return NOT_FOUND;
}

int nvmlDeviceGetIndex(const Gpu *gpu, unsigned *index) {
    *index = (unsigned)(gpu - gpus);
    return SUCCESS;
}
int nvmlDeviceGetMinorNumber(const Gpu *gpu, unsigned *minor) {
    *minor = (unsigned)gpu->minor;
    return SUCCESS;
}
int nvmlDeviceGetName(const Gpu *gpu, char *name, unsigned length) {
    (void)gpu;
    return copy(model.name, name, length);
}

int nvmlDeviceGetMemoryInfo(const Gpu *gpu, Memory *memory) {
    memory->total = (unsigned long long)model.memory_mib * MIB;
    memory->used = used_bytes(gpu);
    memory->free = memory->total - memory->used;
    return SUCCESS;
}
int nvmlDeviceGetMemoryInfo_v2(const Gpu *gpu, Memory2 *memory) {
    memory->total = (unsigned long long)model.memory_mib * MIB;
    memory->reserved = 0;
    memory->used = used_bytes(gpu);
    memory->free = memory->total - memory->used;
    return SUCCESS;
}

int nvmlDeviceGetUtilizationRates(const Gpu *gpu, Utilization *rates) {
    rates->gpu = between(gpu, 0, model.low, model.high);
    rates->memory = rates->gpu / 2;
    return SUCCESS;
}
int nvmlDeviceGetEncoderUtilization(const Gpu *gpu, unsigned *rate, unsigned *period_us) {
    (void)gpu;
    *rate = 0;
    *period_us = 167000;
    return SUCCESS;
}
int nvmlDeviceGetDecoderUtilization(const Gpu *gpu, unsigned *rate, unsigned *period_us) {
    return nvmlDeviceGetEncoderUtilization(gpu, rate, period_us);
}

int nvmlDeviceGetTemperature(const Gpu *gpu, int sensor, unsigned *degrees) {
    if (sensor != 0) return INVALID_ARGUMENT;
    *degrees = between(gpu, model.idle_degrees, model.idle_degrees + 10, model.degrees);
    return SUCCESS;
}
int nvmlDeviceGetTemperatureV(const Gpu *gpu, Temperature *temperature) {
    unsigned degrees = 0;
    const int result = nvmlDeviceGetTemperature(gpu, temperature->sensor, &degrees);
    temperature->degrees = (int)degrees;
    return result;
}
int nvmlDeviceGetFanSpeed(const Gpu *gpu, unsigned *percent) {
    *percent = between(gpu, 0, 30, 60);
    return SUCCESS;
}
int nvmlDeviceGetPowerUsage(const Gpu *gpu, unsigned *milliwatts) {
    *milliwatts = 1000 * between(gpu, model.idle_watts, model.idle_watts * 2, model.watts);
    return SUCCESS;
}
int nvmlDeviceGetEnforcedPowerLimit(const Gpu *gpu, unsigned *milliwatts) {
    (void)gpu;
    *milliwatts = (unsigned)model.watts * 1000;
    return SUCCESS;
}
int nvmlDeviceGetPowerManagementLimit(const Gpu *gpu, unsigned *milliwatts) {
    return nvmlDeviceGetEnforcedPowerLimit(gpu, milliwatts);
}
int nvmlDeviceGetPerformanceState(const Gpu *gpu, int *state) {
    *state = user_count(gpu) ? 0 : 8;
    return SUCCESS;
}
int nvmlDeviceGetPersistenceMode(const Gpu *gpu, int *mode) {
    (void)gpu;
    *mode = 1;
    return SUCCESS;
}
int nvmlDeviceGetComputeMode(const Gpu *gpu, int *mode) {
    (void)gpu;
    *mode = 0;
    return SUCCESS;
}

/* As documented: with too little room it says how much is needed. */
int nvmlDeviceGetComputeRunningProcesses_v3(const Gpu *gpu, unsigned *room, Process *processes) {
    unsigned pids[MOST_PROCESSES];
    const unsigned found = find_processes(gpu, pids, MOST_PROCESSES), given = *room;
    *room = found;
    if (found == 0) return SUCCESS;
    if (given < found || !processes) return INSUFFICIENT_SIZE;
    for (unsigned i = 0; i < found; i++) {
        processes[i].pid = pids[i];
        processes[i].used = (unsigned long long)model.process_mib * MIB;
        processes[i].instance = processes[i].compute_instance = 0xFFFFFFFFu;
    }
    return SUCCESS;
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(const Gpu *gpu, unsigned *room, Process *processes) {
    (void)gpu;
    (void)processes;
    *room = 0;
    return SUCCESS;
}

/* What some real cards cannot tell either; nvitop asks, and shows N/A. */
int nvmlSystemGetCudaDriverVersion(int *version) { (void)version; return NOT_SUPPORTED; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { (void)version; return NOT_SUPPORTED; }
int nvmlDeviceGetPciInfo_v3(const Gpu *gpu, void *info) { (void)gpu; (void)info; return NOT_SUPPORTED; }
int nvmlDeviceGetDisplayActive(const Gpu *gpu, int *state) { (void)gpu; (void)state; return NOT_SUPPORTED; }
int nvmlDeviceGetDisplayMode(const Gpu *gpu, int *mode) { (void)gpu; (void)mode; return NOT_SUPPORTED; }
int nvmlDeviceGetDriverModel(const Gpu *gpu, int *now, int *later) {
    (void)gpu; (void)now; (void)later;
    return NOT_SUPPORTED;
}
int nvmlDeviceGetDriverModel_v2(const Gpu *gpu, int *now, int *later) { return nvmlDeviceGetDriverModel(gpu, now, later); }
int nvmlDeviceGetTotalEccErrors(const Gpu *gpu, int kind, int counter, unsigned long long *errors) {
    (void)gpu; (void)kind; (void)counter; (void)errors;
    return NOT_SUPPORTED;
}
int nvmlDeviceGetClockInfo(const Gpu *gpu, int clock, unsigned *mhz) {
    (void)gpu; (void)clock; (void)mhz;
    return NOT_SUPPORTED;
}
int nvmlDeviceGetMaxClockInfo(const Gpu *gpu, int clock, unsigned *mhz) { return nvmlDeviceGetClockInfo(gpu, clock, mhz); }
