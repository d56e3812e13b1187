// Gives the lanes of the kernels their messages.
//
// Up to sixteen jobs are in work. Each step counts them, takes the kernel that is cheapest for so many, and moves the
// longest of them on until the first has no blocks left; then its place goes to the next job of the source.
#include "kernels.h"

#include <string.h>

/// Brings the `wanted` jobs with the most blocks left to the front: what is left at the end is then spread evenly.
static void longest_first(chk_job **jobs, size_t count, size_t wanted) {
    for (size_t place = 0; place < wanted; place++) {
        size_t longest = place;
        for (size_t other = place + 1; other < count; other++) {
            if (jobs[other]->blocks + jobs[other]->next_blocks > jobs[longest]->blocks + jobs[longest]->next_blocks) {
                longest = other;
            }
        }
        chk_job *job = jobs[longest];
        jobs[longest] = jobs[place];
        jobs[place] = job;
    }
}

/// Moves the first `count` jobs on by as many blocks as all of them have.
static void step(const chk_kernel *kernel, size_t words, chk_job **jobs, size_t count) {
    _Alignas(64) uint32_t state[8 * CHK_LANES_MAX] = {0};
    const uint8_t *data[CHK_LANES_MAX];
    size_t blocks = jobs[0]->blocks;
    for (size_t lane = 0; lane < kernel->lanes; lane++) {
        const chk_job *job = jobs[lane < count ? lane : 0];
        if (job->blocks < blocks) blocks = job->blocks;
        data[lane] = job->data;
        for (size_t word = 0; word < words; word++) state[word * kernel->lanes + lane] = job->state[word];
    }
    kernel->advance(state, data, blocks);
    for (size_t lane = 0; lane < count; lane++) {
        chk_job *job = jobs[lane];
        job->data += blocks * CHK_BLOCK;
        job->blocks -= blocks;
        for (size_t word = 0; word < words; word++) job->state[word] = state[word * kernel->lanes + lane];
    }
}

static void retire(const chk_job *job, size_t words) {
    if (job->stream) memcpy(job->stream->state, job->state, words * sizeof(uint32_t));
    if (!job->digest) return;
    for (size_t word = 0; word < words; word++) chk_store_big_endian(job->digest + 4 * word, job->state[word]);
}

void chk_run(chk_path path, chk_algorithm algorithm, chk_source *source, void *context) {
    const chk_choice choice = chk_choice_of(path, algorithm);
    chk_job places[CHK_LANES_MAX];
    chk_job *jobs[CHK_LANES_MAX]; // those in work, then the free places
    for (size_t place = 0; place < CHK_LANES_MAX; place++) jobs[place] = &places[place];
    size_t words = chk_words(algorithm), active = 0;
    for (;;) {
        while (active < CHK_LANES_MAX && source(context, jobs[active])) active++;
        if (active == 0) return;
        const chk_kernel *kernel = chk_cheapest(&choice, active);
        size_t lanes = active < kernel->lanes ? active : kernel->lanes;
        if (lanes < active) longest_first(jobs, active, lanes);
        step(kernel, words, jobs, lanes);
        for (size_t lane = lanes; lane-- > 0;) {
            chk_job *job = jobs[lane];
            if (job->blocks > 0) continue;
            if (job->next_blocks > 0) {
                job->data = job->next_data;
                job->blocks = job->next_blocks;
                job->next_blocks = 0;
                continue;
            }
            retire(job, words);
            jobs[lane] = jobs[--active];
            jobs[active] = job;
        }
    }
}
